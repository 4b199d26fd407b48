"""The Email object: which properties are asked for, how they are told, how new ones are made."""
