"""The course as a website and as a PDF."""
