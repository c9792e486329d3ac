using Aviator.Controller.Boards;
using Aviator.Controller.Leadership;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Aviator.Tests.Fixtures.Boards;

/// <summary>The controller's page as it runs, in this process and without a cluster: a test says what is shown.</summary>
internal sealed class LivePage : ILeadership, IAsyncDisposable
{
    private readonly LeaderTerm _term = LeaderTerm.Endless(TimeProvider.System);
    private PageServer? _server;
    private int _port;

    public LivePage()
    {
        Keeper = new(this, Clock);
        Publisher = new(Keeper, TimeProvider.System);
        Simulations = new(Publisher);
    }

    /// <summary>The clock of the boards: a test gives them a past.</summary>
    public ShiftedClock Clock { get; } = new();

    /// <summary>What is shown.</summary>
    public BoardKeeper Keeper { get; }

    /// <summary>Makes the boards.</summary>
    public BoardPublisher Publisher { get; }

    /// <summary>Answers what policies would decide, by what a test gives it.</summary>
    public SimulationRequests Simulations { get; }

    /// <summary>Whether this replica leads.</summary>
    public bool Leads { get; set; } = true;

    /// <inheritdoc/>
    public LeaderTerm? Term => Leads ? _term : null;

    /// <inheritdoc/>
    public string? Holder { get; set; }

    /// <summary>Where the page is.</summary>
    public Uri Address => _server?.Address ?? throw new InvalidOperationException("The page is not served.");

    /// <summary>A page that is served on a free port.</summary>
    public static async Task<LivePage> StartAsync(CancellationToken cancellationToken)
    {
        var page = new LivePage();
        await page.Publisher.StartAsync(cancellationToken);
        await page.ServeAsync(cancellationToken);
        return page;
    }

    /// <summary>Serves it, on the port that it had before if it had one.</summary>
    public async Task ServeAsync(CancellationToken cancellationToken)
    {
        var options = Options.Create(new PageOptions { Enabled = true, Port = _port });
        _server = new(options, Publisher, Simulations, TimeProvider.System, NullLoggerFactory.Instance);
        await _server.StartAsync(cancellationToken);
        _port = Address.Port;
    }

    /// <summary>Ends the server, as when the controller or the forwarded port is gone.</summary>
    public async Task StopServingAsync(CancellationToken cancellationToken)
    {
        if (_server is null) return;
        await _server.StopAsync(cancellationToken);
        await _server.DisposeAsync();
        _server = null;
    }

    /// <inheritdoc/>
    public Task<LeaderTerm> NextTermAsync(LeaderTerm? last, CancellationToken cancellationToken) => Task.FromResult(_term);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await StopServingAsync(CancellationToken.None);
        await Publisher.StopAsync(CancellationToken.None);
        Simulations.Dispose();
        Publisher.Dispose();
        _term.Dispose();
    }
}
