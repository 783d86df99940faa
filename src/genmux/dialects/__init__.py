"""How clients talk to genmux: one file per wire, over our own request and reply types."""
