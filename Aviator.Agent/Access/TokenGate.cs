using System.Security.Cryptography;
using System.Text;
using Aviator.ServiceDefaults;

namespace Aviator.Agent.Access;

/// <summary>
/// Says what a token is worth, asking the API server as seldom as can be: verdicts are remembered by the token's hash, requests with the
/// same token wait for one review, and reviews at a time are limited, so that a flood of made-up tokens reaches the API server as a
/// trickle.
/// </summary>
/// <remarks>
/// An approval is renewed in the background once it is <see cref="AccessOptions.RecheckAfter"/> old. While the API server is away it holds
/// until it is <see cref="AccessOptions.CacheFor"/> old; a token without one is refused meanwhile, never let in.
/// </remarks>
internal sealed partial class TokenGate(
    ITokenReviewer reviewer, AccessOptions options, AgentMetrics metrics, TimeProvider time, ILogger<TokenGate> logger)
{
    /// <summary>Reviews of tokens that were never approved, at a time. Those that were have their renewal whatever else is asked.</summary>
    public const int Reviews = 8;

    /// <summary>Pauses after a review without an answer; until then the same answer is given again.</summary>
    private static readonly Backoff Pauses = new(TimeSpan.FromMilliseconds(500), TimeSpan.FromSeconds(5));

    private readonly Lock _lock = new();
    private readonly TokenMemory _approved = new(options.CacheSize);
    private readonly TokenMemory _refused = new(options.CacheSize);
    private readonly Dictionary<string, Task<TokenVerdict>> _underWay = new(StringComparer.Ordinal);
    private int _failures;
    private long _failedAt;
    private TimeSpan _pause;
    private TokenVerdict _failure = new(TokenStanding.Unknown, null, "no token was checked yet");

    /// <summary>Judges a token.</summary>
    /// <param name="token">The token; neither kept nor logged.</param>
    /// <param name="cancellationToken">Ends the wait of this caller; the review continues for others.</param>
    public async Task<TokenVerdict> CheckAsync(string token, CancellationToken cancellationToken)
    {
        var key = Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(token)));
        Task<TokenVerdict> review;
        lock (_lock)
        {
            var approval = _approved.TryGet(key, out var approved) ? approved : null;
            if (approval is not null && time.GetElapsedTime(approval.At) is var age && age < options.CacheFor)
            {
                if (age >= options.RecheckAfter && !_underWay.ContainsKey(key) && !IsPausing) _ = Begin(key, token);
                return approval.Verdict;
            }

            if (_refused.TryGet(key, out var refusal) && time.GetElapsedTime(refusal.At) < options.RefusedFor) return refusal.Verdict;
            if (!_underWay.TryGetValue(key, out var same))
            {
                if (IsPausing) return _failure;
                if (approval is null && _underWay.Count >= Reviews)
                    return new(TokenStanding.Unknown, null, "too many tokens are being checked at this moment; try again shortly");
                same = Begin(key, token);
            }

            review = same;
        }

        return await review.WaitAsync(cancellationToken);
    }

    private bool IsPausing => _failures > 0 && time.GetElapsedTime(_failedAt) < _pause;

    /// <summary>Starts a review; the lock is held.</summary>
    private Task<TokenVerdict> Begin(string key, string token)
    {
        // Begun outside the lock: whatever the reviewer does at once must not be done under it.
        var review = Task.Run(() => ReviewAsync(key, token));
        return _underWay[key] = review;
    }

    private async Task<TokenVerdict> ReviewAsync(string key, string token)
    {
        var verdict = new TokenVerdict(TokenStanding.Unknown, null, "the check of the token failed");
        try
        {
            verdict = await reviewer.ReviewAsync(token);
            return verdict;
        }
        finally
        {
            metrics.Reviewed(verdict.Standing);
            lock (_lock) Remember(key, verdict);
        }
    }

    private void Remember(string key, TokenVerdict verdict)
    {
        _underWay.Remove(key);
        var now = time.GetTimestamp();
        if (verdict.Standing == TokenStanding.Unknown)
        {
            (_failures, _failedAt, _failure) = (_failures + 1, now, verdict);
            _pause = Pauses.Pause(_failures, Random.Shared);
            if (_failures == 1) LogAway(verdict.Reason);
            return;
        }

        if (_failures > 0) LogBack();
        _failures = 0;
        // What is older than this is looked at no more; an approval also opens the way for its renewal, so it is kept while it could be
        // asked for.
        _approved.ForgetBefore(now - (long)(options.CacheFor.TotalSeconds * 2 * time.TimestampFrequency));
        _refused.ForgetBefore(now - (long)(options.RefusedFor.TotalSeconds * time.TimestampFrequency));
        (verdict.IsRefusal ? _approved : _refused).Remove(key);
        (verdict.IsRefusal ? _refused : _approved).Set(key, new(verdict, now));
        if (verdict.Standing == TokenStanding.NotAllowed) LogNotAllowed(verdict.User!);
    }

    [LoggerMessage(Level = LogLevel.Warning,
        Message = "Tokens cannot be checked: {Reason}. Tokens approved earlier work until they expire; others get 503")]
    private partial void LogAway(string reason);

    [LoggerMessage(Level = LogLevel.Information, Message = "Tokens can be checked again")]
    private partial void LogBack();

    [LoggerMessage(Level = LogLevel.Warning, Message = "Refused {User}: it is not among Agent:Access:Users")]
    private partial void LogNotAllowed(string user);
}
