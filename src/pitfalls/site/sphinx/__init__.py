"""Extensions of Sphinx that the site is built with; ``book/_config.yml`` names them."""
