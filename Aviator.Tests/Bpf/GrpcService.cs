using Grpc.Core;

namespace Aviator.Tests.Bpf;

/// <summary>A gRPC service without generated code: its messages are strings.</summary>
[BindServiceMethod(typeof(GrpcService), nameof(Bind))]
public class GrpcService
{
    /// <summary>Messages that a stream brings.</summary>
    internal const int Messages = 5;

    /// <summary>Answers after so many milliseconds as the request says.</summary>
    internal static readonly Method<string, string> Wait = Method(MethodType.Unary, nameof(WaitAsync));

    /// <summary>Fails with the status that the request names.</summary>
    internal static readonly Method<string, string> Fail = Method(MethodType.Unary, nameof(FailAsync));

    /// <summary>Five messages, so many milliseconds apart as the request says.</summary>
    internal static readonly Method<string, string> Stream = Method(MethodType.ServerStreaming, nameof(StreamAsync));

    /// <summary>Called by the framework, once.</summary>
    public static void Bind(ServiceBinderBase binder, GrpcService? service)
    {
        ArgumentNullException.ThrowIfNull(binder);
        binder.AddMethod(Wait, (UnaryServerMethod<string, string>?)null);
        binder.AddMethod(Fail, (UnaryServerMethod<string, string>?)null);
        binder.AddMethod(Stream, (ServerStreamingServerMethod<string, string>?)null);
    }

    /// <summary>See <see cref="Wait"/>.</summary>
    public virtual async Task<string> WaitAsync(string request, ServerCallContext context)
    {
        await Task.Delay(Milliseconds(request), context?.CancellationToken ?? default);
        return "done";
    }

    /// <summary>See <see cref="Fail"/>.</summary>
    public virtual Task<string> FailAsync(string request, ServerCallContext context) =>
        throw new RpcException(new Status(Enum.Parse<StatusCode>(request), "as asked"));

    /// <summary>See <see cref="Stream"/>.</summary>
    public virtual async Task StreamAsync(string request, IServerStreamWriter<string> answers, ServerCallContext context)
    {
        ArgumentNullException.ThrowIfNull(answers);
        for (var i = 0; i < Messages; i++)
        {
            await answers.WriteAsync("message");
            await Task.Delay(Milliseconds(request), context?.CancellationToken ?? default);
        }
    }

    private static TimeSpan Milliseconds(string request) =>
        TimeSpan.FromMilliseconds(int.Parse(request, System.Globalization.CultureInfo.InvariantCulture));

    private static Method<string, string> Method(MethodType type, string name) =>
        new(type, "test.Service", name, Marshallers.StringMarshaller, Marshallers.StringMarshaller);
}
