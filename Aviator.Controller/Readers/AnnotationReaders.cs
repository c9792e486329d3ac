using Aviator.Core.Slices;

namespace Aviator.Controller.Readers;

/// <summary>Readers that have no object of their own: an annotation of the Service names them.</summary>
internal static class AnnotationReaders
{
    /// <summary>Those that a Service's annotations name.</summary>
    public static IEnumerable<Reader> Of(ServiceShape service) =>
        new[] { PrometheusReaders.Annotated(service), LoadBalancerReaders.Annotated(service) }.OfType<Reader>();
}
