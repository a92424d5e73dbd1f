"""What tests share: fixtures, working fakes and waiting. No test stands here, and nothing that
the program itself uses."""
