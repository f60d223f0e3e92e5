"""The words of the domain, free of any IO: money, parties, orders, queries, results, notifications and bills."""
