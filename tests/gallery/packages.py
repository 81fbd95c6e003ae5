"""Microsoft's renderer of Adaptive Cards and the Markdown it wants, from npm, by the hashes in `package-lock.json`.

They are installed below the gallery's own folder, which git ignores, and are not ours to keep.
"""

import shutil
import subprocess
from pathlib import Path

from tests.gallery.chromium import Missing

HERE = Path(__file__).parent
LISTS = ("package.json", "package-lock.json")
SCRIPTS = ("adaptivecards/dist/adaptivecards.js", "markdown-it/dist/browser/markdown-it.umd.min.js")
STYLE = "adaptivecards/dist/adaptivecards.css"
INSTALL = ("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")


def installed(folder: Path) -> Path:
    """`node_modules` with what is needed, fetched if it is not there or of another version. Raises Missing."""
    modules, stamp = folder / "node_modules", folder / "installed-package-lock.json"
    wanted = (HERE / "package-lock.json").read_text(encoding="utf-8")
    if stamp.is_file() and stamp.read_text(encoding="utf-8") == wanted:
        return modules
    if shutil.which("npm") is None:
        raise Missing(
            "npm was not found, and Microsoft's renderer of cards comes from there. Install Node.js 20 or newer"
            " (Debian, Ubuntu: apt install nodejs npm; macOS: brew install node)"
        )
    folder.mkdir(parents=True, exist_ok=True)
    for name in LISTS:
        shutil.copyfile(HERE / name, folder / name)
    ended = subprocess.run(INSTALL, cwd=folder, check=False, capture_output=True, text=True)
    if ended.returncode:
        raise Missing(f"npm could not fetch the renderer of cards; once it can, try again\n{ended.stderr.strip()}")
    stamp.write_text(wanted, encoding="utf-8")
    return modules
