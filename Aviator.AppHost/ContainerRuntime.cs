namespace Aviator.AppHost;

/// <summary>The container runtime that Aspire would use.</summary>
internal static class ContainerRuntime
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(5);

    /// <summary>Whether it answers. Installed is not enough: a client without a daemon lets Aspire wait.</summary>
    public static async Task<bool> IsHealthyAsync()
    {
        string[] runtimes = Environment.GetEnvironmentVariable("ASPIRE_CONTAINER_RUNTIME") is { Length: > 0 } chosen
            ? [chosen]
            : ["docker", "podman"];
        foreach (var runtime in runtimes)
            if (await AnswersAsync(runtime))
                return true;
        return false;
    }

    private static async Task<bool> AnswersAsync(string runtime)
    {
        try
        {
            await Tool.RunAsync([runtime, "info"], Limit, CancellationToken.None);
            return true;
        }
        catch (InvalidOperationException)
        {
            return false;
        }
    }
}
