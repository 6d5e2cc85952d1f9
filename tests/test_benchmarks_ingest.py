"""The measurement of large logs: both sides count the same."""

from benchmarks import ingest
from pyarrow import parquet


def test_both_sides_make_the_same_matrix_of_the_synthetic_log(tmp_path, monkeypatch):
    monkeypatch.setattr(ingest, "IN_CHUNK", 700)
    path = tmp_path / "log.parquet"
    ingest.write_log(path, 2000, listeners=40, pieces=90)
    assert parquet.ParquetFile(path).metadata.num_rows == 2000
    ours, theirs = ingest.ours(str(path), threads=2), ingest.pandas(str(path), threads=2)
    assert ours["digest"] == theirs["digest"]
    assert 300 < ours["pairs"] == theirs["pairs"] < 2000
    assert ours["seconds"] > 0 and theirs["seconds"] > 0
