Console.Error.WriteLine("No scenario is built in yet; the tests of Aviator.Tests/Unit/Simulation play theirs.");
return 1;
