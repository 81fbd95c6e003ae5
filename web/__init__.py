"""People and programs that come by browser or REST."""
