using Aviator.ServiceDefaults;

namespace Aviator.Controller.Boards;

/// <summary>
/// Gives out boards: another one when something is new, but not too often, and now and then when nothing is. A board is made when it is
/// first asked for, so one that nobody reads costs nothing.
/// </summary>
/// <param name="keeper">What is shown.</param>
/// <param name="time">The clock of the pauses.</param>
internal sealed class BoardPublisher(BoardKeeper keeper, TimeProvider time) : BackgroundService
{
    private readonly Lock _lock = new();
    private PublishedBoard? _current;

    /// <summary>The present board.</summary>
    public PublishedBoard Current
    {
        get
        {
            lock (_lock) return _current ??= new(keeper.Compose());
        }
    }

    /// <summary>Sent when there is another.</summary>
    public AsyncPulse Published { get; } = new();

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                // Taken before the board may be made, so that what comes meanwhile is not missed.
                var news = keeper.News.Next;
                lock (_lock) _current = null;
                Published.Send();
                await Task.Delay(BoardLimits.Apart, time, stoppingToken);
                await AsyncPulse.WaitAsync(news, BoardLimits.Refresh, time, stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
        }
    }
}
