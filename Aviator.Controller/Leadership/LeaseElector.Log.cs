namespace Aviator.Controller.Leadership;

/// <content>What the elector says.</content>
internal sealed partial class LeaseElector
{
    [LoggerMessage(Level = LogLevel.Information, Message = "Began to lead: term {Term} as {Identity}")]
    private partial void LogBegan(long term, string identity);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Ended term {Term}: {Why}; standing by")]
    private partial void LogEnded(long term, string why);

    [LoggerMessage(Level = LogLevel.Information, Message = "Standing by: {Holder} leads in term {Term}")]
    private partial void LogStandingBy(string holder, long term);

    [LoggerMessage(Level = LogLevel.Information, Message = "Gave the Lease up after term {Term}")]
    private partial void LogResigned(long term);

    [LoggerMessage(Level = LogLevel.Debug, Message = "Stopped contending for the Lease")]
    private partial void LogStopped();

    [LoggerMessage(Level = LogLevel.Warning, Message = "Cannot read or renew the Lease, retrying: {Error}")]
    private partial void LogFailed(string error);

    [LoggerMessage(Level = LogLevel.Information, Message = "Read or renewed the Lease again after {Failures} failures")]
    private partial void LogRecovered(int failures);
}
