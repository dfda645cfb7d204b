"""Read models taken out as columns: Parquet files of one position."""
