using Microsoft.Extensions.DependencyInjection;

namespace Aviator.AppHost;

/// <summary>Redis, by what this machine has: a container, its own redis-server, or none.</summary>
internal static class StateStore
{
    /// <summary>
    /// Adds Redis. Null when there is none: agent and controller then keep their state in memory, and the resource says so.
    /// </summary>
    /// <exception cref="ArgumentException">What was asked for by name is not there.</exception>
    public static async Task<IResourceBuilder<IResourceWithConnectionString>?> AddStateStoreAsync(
        this IDistributedApplicationBuilder builder, string name, AppHostSettings settings)
    {
        if (builder.ExecutionContext.IsPublishMode) return builder.AddRedis(name);
        var (kind, reason) = settings.Redis == "auto" ? await ChooseAsync() : (settings.Redis, "as set by Parameters:redis");
        if (kind == "server" && !RedisServerResource.IsInstalled)
            throw new ArgumentException("Parameters:redis: \"server\" needs redis-server, which is not installed; run: make setup");
        return kind switch
        {
            "container" => builder.AddRedis(name).WithIconName("Database"),
            "server" => builder.AddRedisServer(name).WithIconName("Database"),
            _ => builder.AddStateInMemory(name, reason),
        };
    }

    /// <summary>Gives the program Redis, if there is one.</summary>
    public static IResourceBuilder<ProjectResource> WithState(
        this IResourceBuilder<ProjectResource> program, IResourceBuilder<IResourceWithConnectionString>? redis) =>
        redis is null ? program : program.WithReference(redis).WaitFor(redis);

    private static async Task<(string Kind, string Reason)> ChooseAsync()
    {
        // A container's port is published in the engine's network, where a program inside the test cluster's network does not reach it.
        if (!ClusterNetwork.IsInside && await ContainerRuntime.IsHealthyAsync()) return ("container", "a container runtime is healthy");
        return RedisServerResource.IsInstalled
            ? ("server", "redis-server is installed")
            : ("none", "redis-server is not installed and no container runtime can be used here; to have Redis: make setup");
    }

    private static IResourceBuilder<IResourceWithConnectionString>? AddStateInMemory(
        this IDistributedApplicationBuilder builder, string name, string reason)
    {
        builder.AddResource(new StateInMemoryResource(name)).WithIconName("Memory").WithInitialState(new CustomResourceSnapshot
        {
            ResourceType = "State in memory",
            State = new ResourceStateSnapshot("In memory", KnownResourceStateStyles.Warn),
            Properties = [new ResourcePropertySnapshot("Reason", reason)],
        });
        return null;
    }
}

/// <summary>Stands in the dashboard where Redis would.</summary>
internal sealed class StateInMemoryResource(string name) : Resource(name);
