using Microsoft.Win32.SafeHandles;

namespace Aviator.Agent.Bpf;

/// <summary>Owns a <c>bpf_object</c>: its maps and programs.</summary>
internal sealed class BpfObjectHandle() : SafeHandleZeroOrMinusOneIsInvalid(ownsHandle: true)
{
    protected override bool ReleaseHandle()
    {
        LibBpf.ObjectClose(handle);
        return true;
    }
}

/// <summary>Owns a <c>bpf_link</c>; releasing it detaches the program.</summary>
internal sealed class BpfLinkHandle() : SafeHandleZeroOrMinusOneIsInvalid(ownsHandle: true)
{
    protected override bool ReleaseHandle() => LibBpf.LinkDestroy(handle) == 0;
}

/// <summary>Owns a file descriptor.</summary>
internal sealed class FileDescriptor : SafeHandleMinusOneIsInvalid
{
    internal FileDescriptor(int fd) : base(ownsHandle: true) => SetHandle(fd);

    internal int Value => (int)handle;

    protected override bool ReleaseHandle() => LibBpf.Close((int)handle) == 0;
}
