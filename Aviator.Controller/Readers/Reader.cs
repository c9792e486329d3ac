using Aviator.Core.Slices;
using Aviator.Kubernetes;

namespace Aviator.Controller.Readers;

/// <summary>Another program that reads a Service's selector, Endpoints or slices, found by what it leaves in the cluster.</summary>
/// <param name="Name">Its name, as <see cref="AviatorNames.AllowReadersAnnotation"/> takes it; one of <see cref="ReaderNames"/>.</param>
/// <param name="Object">The object that says so: "ServiceMonitor monitoring/web".</param>
/// <param name="Effect">What steering would do to it.</param>
/// <param name="Reads">Whether it reads this Service.</param>
internal sealed record Reader(string Name, string Object, string Effect, Func<ServiceShape, bool> Reads)
{
    /// <summary>Whether it depends on a version or setting that cannot be seen whether steering breaks it: then a warning is all.</summary>
    public bool MayCope { get; init; }

    /// <summary>Whether it matters, too, to connections that the nodes' kernels give to pods, where the Service is not touched.</summary>
    public bool MattersToKernel { get; init; }

    /// <summary>
    /// What to know of it where the nodes' kernels alone steer, if it opens connections to pods' addresses; null if it does not.
    /// </summary>
    public string? PastKernel { get; init; }
}
