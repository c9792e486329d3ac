using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Http.Resilience;
using Polly;
using Polly.Retry;

namespace Aviator.ServiceDefaults;

/// <summary>
/// What every HTTP client of the factory does about a connection that fails: it tries again, twice, soon. An answer, whatever its status,
/// goes to the caller, which knows what it means; so does the end of the client's own time limit, which spans all attempts.
/// </summary>
/// <remarks>
/// No circuit breaker: these clients ask many servers each, and one that is dead would cut off the others. Callers that repeat their
/// requests (the controller its agents, a reflector the API server) keep growing pauses per server instead. The Kubernetes client makes its
/// own connections and is not concerned.
/// </remarks>
internal static class HttpResilience
{
    /// <summary>Attempts after the first.</summary>
    public const int Retries = 2;

    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(50);

    /// <summary>Adds the handler to a client.</summary>
    public static void Add(IHttpClientBuilder client) => client.AddResilienceHandler("connect", pipeline => pipeline.AddRetry(Retry()));

    private static RetryStrategyOptions<HttpResponseMessage> Retry()
    {
        var retry = new HttpRetryStrategyOptions
        {
            MaxRetryAttempts = Retries,
            Delay = FirstPause,
            BackoffType = DelayBackoffType.Exponential,
            UseJitter = true,
            ShouldHandle = new PredicateBuilder<HttpResponseMessage>().Handle<HttpRequestException>(),
        };
        // What changes something may have been done although no answer came.
        retry.DisableForUnsafeHttpMethods();
        return retry;
    }
}
