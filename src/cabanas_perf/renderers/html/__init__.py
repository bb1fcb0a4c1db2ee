"""The report as one HTML file that needs no network: `page` puts it together, a module for each part."""
