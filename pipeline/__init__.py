"""What is done with submissions, a module a stage: template, read, validate, reconcile, consolidate, write."""
