"""What we decide: retry, routing. Pure; awaits only ports handed in."""
