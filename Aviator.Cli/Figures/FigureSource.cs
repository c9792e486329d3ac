using Aviator.Cli.Output;
using Aviator.Controller.Api.V1Alpha1;
using Aviator.Core.Boards;
using Aviator.Kubernetes;

namespace Aviator.Cli.Figures;

/// <summary>What was read at one moment.</summary>
/// <param name="Source">Where it is from, in a sentence without its full stop.</param>
/// <param name="Policies">The policies with their endpoints.</param>
internal sealed record FigureReading(string Source, IReadOnlyList<PolicyFigures> Policies);

/// <summary>Reads the decision's figures: from the leading controller's board, and where there is none from the policies' status.</summary>
/// <param name="session">The way to the cluster.</param>
internal sealed class FigureSource(Session session) : IDisposable
{
    /// <summary>How long a live table does without the board once it could not be read.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(30);

    private readonly BoardClient _board = new(session);
    private string? _why;
    private long _failed;

    /// <summary>Reads those of some policies.</summary>
    public async Task<FigureReading> ReadAsync(IReadOnlyList<AviatorPolicy> policies, CancellationToken cancellationToken)
    {
        var time = session.Host.Time;
        if (_why is null || time.GetElapsedTime(_failed) >= Pause)
        {
            (var board, _why) = await _board.ReadAsync(cancellationToken);
            _failed = time.GetTimestamp();
            if (board is not null) return Of(board, policies);
        }

        return new(
            $"the policies' status, ten pods each and up to 30 s old, since the board was not read ({_why}); to have it: "
            + DocsLink.Of("kubectl.md#the-board"),
            [.. policies.Select(PolicyFigures.Of)]);
    }

    /// <inheritdoc/>
    public void Dispose() => _board.Dispose();

    private FigureReading Of(Board board, IReadOnlyList<AviatorPolicy> policies)
    {
        var (now, known) = (session.Now, board.Policies.ToDictionary(policy => new ObjectKey(policy.Namespace, policy.Name)));
        var found = policies.Select(policy =>
            known.TryGetValue(new(policy.Metadata.NamespaceProperty, policy.Metadata.Name), out var row)
                ? PolicyFigures.Of(row, board.AtMs, now)
                : PolicyFigures.Of(policy));
        return new($"the board of {board.Replica}{(board.Cut is { } cut ? $"; {cut.TrimEnd('.')}" : "")}", [.. found]);
    }
}
