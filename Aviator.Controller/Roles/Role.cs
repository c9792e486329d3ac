namespace Aviator.Controller.Roles;

/// <summary>One binary, three roles: the first argument names the one that is not the controller.</summary>
internal static class Role
{
    /// <summary>Runs another role than the controller.</summary>
    /// <param name="args">The command line.</param>
    /// <returns>The exit code; null when it is the controller that is wanted.</returns>
    public static async Task<int?> RunAsync(string[] args)
    {
        try
        {
            // A setting may be given without dashes, as name=value.
            return args.FirstOrDefault() switch
            {
                "watchdog" => await Watchdog.WatchdogRole.RunAsync(args[1..]),
                "release" => await Release.ReleaseRole.RunAsync(args[1..]),
                null or ['-', ..] => null,
                var setting when setting.Contains('=', StringComparison.Ordinal) => null,
                var unknown => throw new ArgumentException($"\"{unknown}\" is no role; use watchdog, release, or none for the controller"),
            };
        }
        catch (ArgumentException fault)
        {
            Console.Error.WriteLine($"error: {fault.Message}");
            return 2;
        }
        catch (Exception fault) when (StartFaults.Explain(fault) is { Count: > 0 } sentences)
        {
            foreach (var sentence in sentences) Console.Error.WriteLine($"error: {sentence}");
            return 2;
        }
    }
}
