"""Plain Python that translates between one provider's web API and our types."""
