"""Generation: music drawn from a model, event by event, by settings that guide and bound it."""
