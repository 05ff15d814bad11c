"""`python -m headframe` is `headframe`.

Responsible for: nothing else.
Not responsible for: commands.
Read next: `cli.commands`.
"""

from headframe.cli import main

if __name__ == "__main__":
    main()
