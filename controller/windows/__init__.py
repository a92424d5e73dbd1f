"""When members may be taken up: windows, freezes and a time to be done by, as values, and when
they are open. No clock: every question names its moment. Time zones come as `tzinfo`, loaded by
whoever reads the rollout file.
"""
