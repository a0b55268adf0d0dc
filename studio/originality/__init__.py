"""Original or copied: what music shares with the pieces that the models learned from. Pure numpy, no networks."""
