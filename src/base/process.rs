//! Processes: started in a group of their own, under a timeout, the whole group ended.
