"""How processes and their aliases are written in modules and workflows."""

import re

PROCESSES = re.compile(r"^process (\w+) \{(.*?)^\}", re.MULTILINE | re.DOTALL)
ALIAS = re.compile(r"\b(\w+) as (\w+)")
