using System.Buffers;
using Aviator.Core.Measurement;

namespace Aviator.Controller.Collection;

/// <summary>The rows of all endpoints in one node's reports.</summary>
internal sealed class NodeRows
{
    private readonly Dictionary<RowKey, EndpointRows> _endpoints = [];
    private readonly ArrayBufferWriter<byte> _scratch = new(512);
    private long? _newest;

    /// <summary>The endpoints' rows in the newest report.</summary>
    public IEnumerable<SnapshotRow> Newest => _endpoints.Values.Where(InNewest).Select(rows => rows.Last);

    /// <summary>An endpoint's rows; null when it has none.</summary>
    public EndpointRows? Of(RowKey key) => _endpoints.GetValueOrDefault(key);

    /// <summary>The same; null unless it has one in the newest report.</summary>
    public EndpointRows? InNewest(RowKey key) => Of(key) is { } rows && InNewest(rows) ? rows : null;

    /// <summary>Adds a newer report. Of two rows of one endpoint the first counts.</summary>
    public void Add(NodeReport report, TimeSpan measuredAt)
    {
        foreach (var endpoint in report.Endpoints)
        {
            var known = Of(RowKey.Of(endpoint));
            if (known?.LastSequence == report.Sequence) continue;
            var row = SnapshotRow.Of(endpoint, measuredAt, known is not null && InNewest(known) ? known.Last : null);
            if (known is null) _endpoints.Add(RowKey.Of(endpoint), new(row, report.Sequence));
            else known.Add(row, report.Sequence, _scratch);
        }

        _newest = report.Sequence;
    }

    /// <summary>Forgets one report between others.</summary>
    public void Skip(long sequence)
    {
        foreach (var rows in _endpoints.Values) rows.Skip(sequence, _scratch);
    }

    /// <summary>Forgets all reports before one of them, and the endpoints that have no row in later ones.</summary>
    public void ForgetBefore(long sequence)
    {
        foreach (var (key, rows) in _endpoints)
        {
            rows.ForgetBefore(sequence);
            if (rows.LastSequence < sequence) _endpoints.Remove(key);
        }
    }

    private bool InNewest(EndpointRows rows) => rows.LastSequence == _newest;
}
