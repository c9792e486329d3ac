using Grpc.Core;

namespace Aviator.Tests.GrpcApp;

/// <summary>A service without generated code: it answers with its pod's name, once or as a stream.</summary>
[BindServiceMethod(typeof(AnswerService), nameof(Bind))]
public class AnswerService(AnswerOptions options)
{
    /// <summary>Messages of a stream.</summary>
    internal const int Messages = 5;

    /// <summary>One message.</summary>
    internal static readonly Method<string, string> Unary = Method(MethodType.Unary, nameof(AnswerAsync));

    /// <summary>The first message after the delay, the others 20 ms apart.</summary>
    internal static readonly Method<string, string> Stream = Method(MethodType.ServerStreaming, nameof(StreamAsync));

    private static readonly TimeSpan Apart = TimeSpan.FromMilliseconds(20);

    /// <summary>Called by the framework, once.</summary>
    public static void Bind(ServiceBinderBase binder, AnswerService? service)
    {
        ArgumentNullException.ThrowIfNull(binder);
        binder.AddMethod(Unary, (UnaryServerMethod<string, string>?)null);
        binder.AddMethod(Stream, (ServerStreamingServerMethod<string, string>?)null);
    }

    /// <summary>See <see cref="Unary"/>.</summary>
    public virtual async Task<string> AnswerAsync(string request, ServerCallContext context)
    {
        await Task.Delay(options.Delay, context?.CancellationToken ?? default);
        return options.Name;
    }

    /// <summary>See <see cref="Stream"/>.</summary>
    public virtual async Task StreamAsync(string request, IServerStreamWriter<string> answers, ServerCallContext context)
    {
        ArgumentNullException.ThrowIfNull(answers);
        await Task.Delay(options.Delay, context?.CancellationToken ?? default);
        for (var i = 0; i < Messages; i++)
        {
            if (i > 0) await Task.Delay(Apart, context?.CancellationToken ?? default);
            await answers.WriteAsync(options.Name);
        }
    }

    private static Method<string, string> Method(MethodType type, string name) =>
        new(type, "aviator.test.Answers", name, Marshallers.StringMarshaller, Marshallers.StringMarshaller);
}
