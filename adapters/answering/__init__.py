"""Commands, questions and files answered, whatever they came over: a face brings visitors and takes answers out."""
