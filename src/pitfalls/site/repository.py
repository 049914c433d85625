"""Where a page of the site leads to in the repository, if the site was built with its address."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self
from urllib.parse import quote, urlencode, urlsplit

from ..course import CourseError

__all__ = ["Repository"]

#: By a word in the host's name: the paths of what it offers. All others are like GitHub.
PATHS = {
    "gitlab": {
        "edit": "-/edit/{branch}/{path}",
        "issue": "-/issues/new?{issue}",
        "archive": "-/archive/{branch}/{name}-{branch}.zip",
        "title": "issue[title]",
    },
    "codeberg": {"edit": "_edit/{branch}/{path}", "archive": "archive/{branch}.zip"},
}
GITHUB = {
    "edit": "edit/{branch}/{path}",
    "issue": "issues/new?{issue}",
    "archive": "archive/refs/heads/{branch}.zip",
    "title": "title",
}
#: The form for a fault, and its field for the page; only GitHub reads them.
FORM = {"template": "1_fault.yml", "where": "{page}"}
BINDER, COLAB = "https://mybinder.org/v2", "https://colab.research.google.com/github"


@dataclass(frozen=True)
class Repository:
    """A repository that can be seen in a browser.

    Attributes
    ----------
    host : str
        ``"https://example.org"``.
    path : str
        ``"somebody/course"``.
    branch : str
        What links lead to.
    """

    host: str
    path: str
    branch: str = "main"

    @classmethod
    def at(cls, address: str) -> Self:
        """Return the repository at an address.

        Parameters
        ----------
        address : str
            ``https://example.org/somebody/course``; with ``/tree/BRANCH`` behind it where the
            branch is another than main.

        Raises
        ------
        CourseError
            If it is no such address.
        """
        found = urlsplit(address.strip())
        path, _, branch = found.path.strip("/").replace("/-/tree/", "/tree/").partition("/tree/")
        path = path.removesuffix(".git")
        plain = found.scheme in ("http", "https") and not (found.query or found.fragment)
        if not plain or "@" in found.netloc or not found.hostname or "/" not in path:
            raise CourseError(
                f"--repository {address}: write the address that a browser shows, such as "
                "https://example.org/somebody/course"
            )
        return cls(f"{found.scheme}://{found.netloc}", path, branch or "main")

    @property
    def address(self) -> str:
        """Where it is."""
        return f"{self.host}/{self.path}"

    @property
    def archive(self) -> str:
        """Where it can be downloaded as a ZIP."""
        return self._link("archive")

    def edit(self, path: str) -> str:
        """Return where a file is edited."""
        return self._link("edit", path=quote(path))

    def issue(self, page: str) -> str:
        """Return where a fault of a page is reported."""
        said = {self._paths["title"]: f"{page}: "}
        said |= {key: value.format(page=page) for key, value in FORM.items()}
        return self._link("issue", issue=urlencode(said, quote_via=quote))

    def binder(self, path: str) -> str:
        """Return where Binder starts a notebook."""
        known = {"https://github.com": "gh", "https://gitlab.com": "gl"}.get(self.host)
        whole = quote(self.path, safe="/" if known == "gh" else "")
        where = f"{known}/{whole}" if known else f"git/{quote(self.address, safe='')}"
        branch = quote(self.branch, safe="")
        return f"{BINDER}/{where}/{branch}?" + urlencode({"urlpath": f"lab/tree/{path}"})

    def colab(self, path: str) -> str:
        """Return where Colab opens a notebook; nothing for a host that Colab does not read."""
        if self.host != "https://github.com":
            return ""
        return f"{COLAB}/{self.path}/blob/{quote(self.branch)}/{quote(path)}"

    @property
    def _paths(self) -> dict[str, str]:
        special = next((PATHS[word] for word in PATHS if word in self.host), {})
        return GITHUB | special

    def _link(self, what: str, **parts: str) -> str:
        name = self.path.rpartition("/")[2]
        branch = quote(self.branch)
        return f"{self.address}/" + self._paths[what].format(branch=branch, name=name, **parts)
