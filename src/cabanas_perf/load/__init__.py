"""Load generation: scenarios, arrival plans, what is recorded, and the plug-in that runs inside Locust.

Only `generator`, `locustfile` and `user_classes` import Locust, which patches the process that imports it; they are
loaded in Locust's own process and nowhere else.
"""
