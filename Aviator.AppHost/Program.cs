using Aviator.AppHost;
using Aviator.AppHost.Cluster;
using Microsoft.Extensions.Configuration;

// 0: ended as it was told. 1: something failed. 2: bad parameters.
try
{
    var parameters = AppHostParameters.From(new ConfigurationBuilder().AddEnvironmentVariables().AddCommandLine(args).Build());
#if ASPIRE
    if (Aviator.AppHost.Aspire.AspireHost.IsPublishing(args)) return await Aviator.AppHost.Aspire.AspireHost.PublishAsync(args);
#else
    if (Aviator.AppHost.Plain.PlainHost.RefusesToPublish(args) is { } refusal) throw new ArgumentException(refusal);
#endif
    using var stop = new StopSignal();
    var cluster = await ClusterChoice.MakeAsync(parameters.Cluster, stop.Token);
    if (cluster.Inside.Count > 0) return await SelfInside.RunAsync(cluster.Inside, args, stop);
    var topology = Topology.Local(parameters, parameters.Node ?? await ClusterChoice.FirstNodeAsync(stop.Token));
#if ASPIRE
    return await Aviator.AppHost.Aspire.AspireHost.RunAsync(args, parameters, topology);
#else
    return await Aviator.AppHost.Plain.PlainHost.RunAsync(parameters, topology, stop);
#endif
}
catch (ArgumentException fault)
{
    Console.Error.WriteLine($"error: {fault.Message}");
    return 2;
}
catch (OperationCanceledException)
{
    return 0;
}
catch (Exception fault) when (fault is InvalidOperationException or IOException)
{
    Console.Error.WriteLine($"error: {fault.Message}");
    return 1;
}
