"""What pytest needs to know about the notebooks."""


def pytest_collectstart(collector):
    # what libraries write to stderr differs between machines and is no result
    if hasattr(collector, "skip_compare"):
        collector.skip_compare = (*collector.skip_compare, "stderr")
