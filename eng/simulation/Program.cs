using System.Diagnostics;
using System.Globalization;
using Aviator.Simulation;

// Plays every scenario and writes artifacts/simulation.json, .md and a plot of each; those with engines to artifacts/inference.json, .md,
// those with an autoscaler to artifacts/autoscaling.json, .md.
//   [--seeds N] [--threads N] [--out FOLDER] [SCENARIO…]     names as in the document, all when none is given
var (seeds, threads, folder, wanted) = (5, Environment.ProcessorCount, "artifacts", new List<string>());
for (var i = 0; i < args.Length; i++)
{
    var value = i + 1 < args.Length ? args[i + 1] : "";
    var isNumber = int.TryParse(value, CultureInfo.InvariantCulture, out var number) && number is >= 1 and <= 1000;
    if (args[i] is "--seeds" or "--threads" && !isNumber)
    {
        Console.Error.WriteLine($"error: {args[i]} needs a number from 1 to 1000, and not \"{value}\"");
        return 2;
    }

    if (args[i] == "--out" && value.Length == 0)
    {
        Console.Error.WriteLine("error: --out needs a folder");
        return 2;
    }

    if (args[i] == "--seeds") seeds = number;
    else if (args[i] == "--threads") threads = number;
    else if (args[i] == "--out") folder = value;
    else
    {
        wanted.Add(args[i]);
        continue;
    }

    i++;
}

IReadOnlyList<ScenarioDefinition> all = [.. ScenarioList.All, .. InferenceScenarios.All, .. AutoscalingScenarios.All];
if (wanted.FirstOrDefault(name => all.All(scenario => scenario.Name != name)) is { } unknown)
{
    var names = string.Join(", ", all.Select(scenario => scenario.Name));
    Console.Error.WriteLine($"error: no scenario is called \"{unknown}\"; there are: {names}");
    return 2;
}

var watch = Stopwatch.StartNew();
Directory.CreateDirectory(Path.Combine(folder, "simulation"));
var harm = new List<string>();
Play(ScenarioList.All, Arm.All, MarkdownTable.Write, "simulation");
Play(InferenceScenarios.All, Arm.Inference, InferenceTable.Write, "inference");
Play(AutoscalingScenarios.All, Arm.Autoscaling, AutoscalingTable.Write, "autoscaling");
Console.WriteLine(harm.Count == 0 ? "Aviator was nowhere worse than all in use." : "Aviator was worse than all in use:");
foreach (var line in harm) Console.WriteLine($"  {line}");
return 0;

void Play(
    IReadOnlyList<ScenarioDefinition> list, IReadOnlyList<Arm> arms, Func<IReadOnlyList<ScenarioResult>, string> table, string name)
{
    var scenarios = list.Where(scenario => wanted.Count == 0 || wanted.Contains(scenario.Name)).ToList();
    if (scenarios.Count == 0) return;
    var results = SimulationRun.Play(scenarios, arms, seeds, threads, (done, left) =>
        Console.WriteLine($"{watch.Elapsed.TotalSeconds,5:0} s  {done}; {left} left"));
    File.WriteAllBytes(Path.Combine(folder, $"{name}.json"), JsonReport.Write(results));
    File.WriteAllText(Path.Combine(folder, $"{name}.md"), table(results));
    foreach (var result in results)
        File.WriteAllText(Path.Combine(folder, "simulation", result.Scenario.FileName + ".svg"), Plot.Write(result));
    Console.WriteLine();
    Console.Write(table(results).Split("\n\n")[0]);
    Console.WriteLine($"\n\nThe figures are in {folder}/{name}.json, .md and {folder}/simulation/.\n");
    harm.AddRange(results.SelectMany(result => result.Harm()));
}
