"""Measures waybill beside others that answer the same question, and writes what came out."""
