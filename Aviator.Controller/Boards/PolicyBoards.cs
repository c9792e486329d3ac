using Aviator.Controller.Status;
using Aviator.Core.Boards;
using Aviator.Core.Decisions;

namespace Aviator.Controller.Boards;

/// <summary>Puts what is remembered of a policy into its part of the board. Pure, but for what the sources say.</summary>
internal static class PolicyBoards
{
    /// <summary>The rows as people look for them: what gets nothing first, then the slowest.</summary>
    public static IEnumerable<EndpointRow> InOrder(IEnumerable<EndpointRow> rows) => rows.OrderBy(row => row.Selected);

    /// <summary>The policy's part of the board.</summary>
    public static PolicyBoard Of(
        PolicyStanding standing, IReadOnlyList<long> times, IReadOnlyDictionary<string, EndpointTrack> tracks,
        IReadOnlyList<DecisionEntry> decisions, BoardSources sources)
    {
        var ((policy, conditions, summary, source, kernel), spec) = (standing, standing.Policy.Spec);
        var rows = summary?.Rows ?? [];
        var (total, at) = (rows.Sum(row => row.Rate), times.Count > 0 && summary is not null ? times[^1] : (long?)null);
        return new()
        {
            Namespace = policy.Metadata.NamespaceProperty ?? "",
            Name = policy.Metadata.Name,
            Service = spec.TargetRef.Name,
            Mode = spec.Mode,
            Routing = spec.Routing,
            Engine = spec.Engine?.Type,
            Ready = Condition(conditions.Ready),
            Steering = Condition(conditions.Steering),
            Degraded = Condition(conditions.Degraded),
            Active = KernelStatuses.Active(summary, kernel),
            Total = summary?.Total ?? 0,
            P99Ms = BoardFigures.Milliseconds(summary?.P99),
            AverageMs = BoardFigures.Milliseconds(summary?.Average),
            Gain = BoardFigures.Gain(summary?.Gain),
            Source = BoardFigures.Word(source),
            Coverage = BoardFigures.Share(summary?.Coverage),
            EvaluatedAtMs = at,
            HistoryAtMs = times,
            Endpoints =
            [
                .. from row in InOrder(rows)
                   where tracks.ContainsKey(row.Key)
                   select Endpoint(row, tracks[row.Key]),
            ],
            Decisions = decisions,
        };

        EndpointBoard Endpoint(EndpointRow row, EndpointTrack track)
        {
            var (node, zone) = sources.PlaceOf(new(policy.Metadata.NamespaceProperty ?? "", row.Name));
            return new()
            {
                Pod = row.Name,
                Address = row.Address,
                Node = node,
                Zone = zone,
                State = row.State.ToString(),
                InUse = row.Selected,
                Weight = Math.Round(row.Weight, 3),
                TrafficShare = total > 0 ? BoardFigures.Share(row.Rate / total) : null,
                P50Ms = BoardFigures.Milliseconds(row.P50),
                P99Ms = BoardFigures.Milliseconds(row.P99),
                Samples = row.Samples,
                InFlight = row.Rif,
                EngineWaiting = row.Engine is { } engine ? Math.Round(engine.Waiting, 1) : null,
                EngineCacheUse = BoardFigures.Share(row.Engine?.CacheUse),
                Reason = row.Reason,
                SinceMs = track.SinceMs,
                EjectedUntilMs = row.OpenFor is { } left && at is { } then ? then + (long)left.TotalMilliseconds : null,
                History = track.History(times.Count),
            };
        }
    }

    private static ConditionBoard Condition(ConditionValue value) => new(value.Status, value.Reason, value.Message);
}
