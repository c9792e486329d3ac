namespace Aviator.Tests.Fixtures.Otlp;

internal sealed record OtlpSpan(
    string Service, string Scope, string TraceId, string SpanId, string ParentId, string Name,
        IReadOnlyDictionary<string, string> Attributes,
    ulong Start, ulong End, bool Failed);

internal sealed record OtlpMetric(string Service, string Scope, string Name, string Unit, string Kind, IReadOnlySet<string> AttributeKeys);

internal sealed record OtlpLog(string Service, string Scope, string TraceId, string SpanId, string Severity, string Body,
    IReadOnlyDictionary<string, string> Attributes);

/// <summary>
/// Reads the three requests of OTLP 1.x; numbers as in opentelemetry-proto's trace.proto, metrics.proto, logs.proto, common.proto and
/// resource.proto.
/// </summary>
internal static class OtlpSignals
{
    public static IEnumerable<OtlpSpan> Spans(ReadOnlyMemory<byte> request) => Scoped(request).Select(item => new OtlpSpan(
        item.Service, item.Scope, item.Record.Hex(1), item.Record.Hex(2), item.Record.Hex(4), item.Record.Text(5),
            Attributes(item.Record, 9),
        item.Record.Number(7), item.Record.Number(8),
        item.Record.One(15).Number(3) == 2));

    public static IEnumerable<OtlpLog> Logs(ReadOnlyMemory<byte> request) => Scoped(request).Select(item => new OtlpLog(
        item.Service, item.Scope, item.Record.Hex(9), item.Record.Hex(10), item.Record.Text(3), Value(item.Record.One(5)),
            Attributes(item.Record, 6)));

    public static IEnumerable<OtlpMetric> Metrics(ReadOnlyMemory<byte> request) => Scoped(request).Select(item =>
    {
        var (kind, field, attributes) = item.Record.Has(5) ? ("gauge", 5, 7) : item.Record.Has(7) ? ("sum", 7, 7) : ("histogram", 9, 9);
        var keys = item.Record.One(field).All(1).SelectMany(point => Attributes(point, attributes).Keys).ToHashSet();
        return new OtlpMetric(item.Service, item.Scope, item.Record.Text(1), item.Record.Text(3), kind, keys);
    });

    /// <summary>All three requests nest alike: per resource, per scope, records.</summary>
    private static IEnumerable<(string Service, string Scope, ProtoMessage Record)> Scoped(ReadOnlyMemory<byte> request) =>
        from resource in new ProtoMessage(request).All(1)
        let service = Attributes(resource.One(1), 1).GetValueOrDefault("service.name", "")
        from scope in resource.All(2)
        from record in scope.All(2)
        select (service, scope.One(1).Text(1), record);

    private static Dictionary<string, string> Attributes(ProtoMessage of, int field)
    {
        var attributes = new Dictionary<string, string>();
        foreach (var pair in of.All(field)) attributes[pair.Text(1)] = Value(pair.One(2));
        return attributes;
    }

    private static string Value(ProtoMessage any) =>
        any.Has(1) ? any.Text(1) : any.Has(2) ? any.Number(2) == 1 ? "true" : "false" : any.Has(3) ? $"{(long)any.Number(3)}" : any.Has(4)
            ? $"{BitConverter.UInt64BitsToDouble(any.Number(4))}" : "";
}
