"""Around the lexicon: misspelt terms, codes, and the mining of new ones."""
