"""Measures a cluster: publishers' inventories in a real etcd, and the worker that follows them."""
