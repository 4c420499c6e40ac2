"""PDF: printed characters or OCR -> lines, tables, furniture -> pages and blocks."""
