using System.Globalization;
using Aviator.AppHost.Aspire.Publishing;

namespace Aviator.AppHost.Aspire;

/// <summary>The topology as Aspire resources: with the dashboard here, or published as a chart.</summary>
internal static class AspireHost
{
    /// <summary>Whether the command line, which the Aspire CLI writes, asks for a publish.</summary>
    public static bool IsPublishing(string[] args) => DistributedApplication.CreateBuilder(args).ExecutionContext.IsPublishMode;

    /// <summary>Writes the manifests of Aviator itself: no cluster is asked, and nothing of the demonstration is in them.</summary>
    public static async Task<int> PublishAsync(string[] args)
    {
        var builder = DistributedApplication.CreateBuilder(args);
        builder.PublishAviator();
        await builder.Build().RunAsync();
        return 0;
    }

    /// <summary>Runs the topology, with the dashboard, until a signal.</summary>
    public static async Task<int> RunAsync(string[] args, AppHostParameters parameters, IReadOnlyList<Part> topology)
    {
        var builder = DistributedApplication.CreateBuilder(args);
        AddParameters(builder, parameters);
        var redis = builder.AddRedis(Topology.Redis.Name);
        var added = new Dictionary<string, IResourceBuilder<IResource>> { [Topology.Redis.Name] = redis };
        foreach (var part in topology.Where(p => p.Kind != PartKind.Redis))
        {
            var resource = Add(builder, part, redis);
            foreach (var awaited in topology.Where(p => part.WaitsFor.Contains(p.Name)))
                _ = awaited.Kind == PartKind.Step ? resource.WaitForCompletion(added[awaited.Name]) : resource.WaitFor(added[awaited.Name]);
            if (part.Kind == PartKind.Step) resource.WithPodCommands(parameters);
            added[part.Name] = resource;
        }

        builder.Services.AddWithdrawal(parameters);
        await builder.Build().RunAsync();
        return 0;
    }

    /// <summary>Shows in the dashboard what was set. The values are read from the same place, section Parameters.</summary>
    private static void AddParameters(IDistributedApplicationBuilder builder, AppHostParameters parameters)
    {
        builder.AddParameter("namespace", parameters.Namespace).WithDescription("Namespace of the workload, and the only one that controller and watchdog work in.");
        builder.AddParameter("rate", parameters.Rate.ToString(CultureInfo.InvariantCulture)).WithDescription("Requests a second of the load generator.");
        builder.AddParameter("source", parameters.Source).WithDescription("Where latencies come from: auto, ebpf or probe.");
    }

    /// <summary>An executable, so that it runs exactly as under the plain host: the built program, without a launch profile or a proxy before its port.</summary>
    private static IResourceBuilder<ExecutableResource> Add(IDistributedApplicationBuilder builder, Part part, IResourceBuilder<RedisResource> redis)
    {
        var command = Checkout.Command(part);
        var resource = builder.AddExecutable(part.Name, command[0], Checkout.Root, [.. command.Skip(1)]).WithOtlpExporter();
        foreach (var (name, value) in part.Environment) resource.WithEnvironment(name, value);
        if (part.UsesRedis) resource.WithReference(redis);
        if (part.Port is { } port)
        {
            resource.WithHttpEndpoint(port, port, "http", isProxied: false).WithHttpHealthCheck("/readyz", endpointName: "http");
            foreach (var link in part.Links) resource.WithUrl(string.Create(CultureInfo.InvariantCulture, $"http://localhost:{port}{link}"), link);
        }

        return resource;
    }
}
