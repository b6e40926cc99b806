"""What a submission must be: forms, edits, register, targets, periods and column schemas.

Opens no workbook and prints nothing.
"""
