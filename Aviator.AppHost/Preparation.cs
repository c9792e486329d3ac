using Microsoft.Extensions.Configuration;

namespace Aviator.AppHost;

/// <summary>What comes before the model.</summary>
internal static class Preparation
{
    private const int Failed = 1, BadSettings = 2;

    /// <summary>
    /// Checks the settings, hands over to the project that publishes when that is asked for, and otherwise enters the cluster's network.
    /// </summary>
    /// <returns>The exit code, or null to continue.</returns>
    public static async Task<int?> RunAsync(string[] args)
    {
        try
        {
            var configuration = new ConfigurationBuilder().AddEnvironmentVariables().AddCommandLine(args).Build();
            var settings = AppHostSettings.From(configuration);
            if (PublishingProject.IsRunning) return null;
            if (PublishingProject.IsAskedFor(configuration)) await PublishingProject.RunAsync(args);
            ClusterNetwork.Enter(settings.Cluster, args);
            return null;
        }
        catch (ArgumentException fault)
        {
            await Console.Error.WriteLineAsync($"error: {fault.Message}");
            return BadSettings;
        }
        catch (InvalidOperationException fault)
        {
            await Console.Error.WriteLineAsync($"error: {fault.Message}");
            return Failed;
        }
    }
}
