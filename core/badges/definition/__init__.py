"""The format of badge definitions: read with every spelling in use, kept in one."""
