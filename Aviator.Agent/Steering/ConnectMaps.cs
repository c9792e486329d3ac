using Aviator.Agent.Bpf;

namespace Aviator.Agent.Steering;

/// <summary>The maps that outlive the process: found on bpffs if all of them are there and of this layout, else made anew.</summary>
internal static unsafe class ConnectMaps
{
    internal const string Services = "services";
    internal const string Rows = "service_rows";
    internal const string Slots = "slots";
    internal const string Cells = "cells";
    internal const string Control = "connect_control";
    internal const string ExcludedNetworks = "excluded_networks";
    internal const string Barrier = "barrier";
    internal const string Given = "given";
    private static readonly string[] Pinned = [Services, Rows, Slots, Cells, Control, ExcludedNetworks, Given];

    /// <summary>Before load: the sizes, and the pinned maps in place of new ones.</summary>
    /// <returns>Whether the pinned maps were taken.</returns>
    internal static bool Prepare(BpfObject obj, ConnectTableOptions options, PinDirectory? pins)
    {
        obj.Map(Services).SetMaxEntries(options.MaxServices);
        obj.Map(Rows).SetMaxEntries(options.MaxServices);
        obj.Map(Slots).SetMaxEntries(options.MaxEndpoints);
        obj.Map(Cells).SetMaxEntries(options.MaxEndpoints);
        if (pins is null) return false;
        var found = new Dictionary<string, FileDescriptor>();
        try
        {
            foreach (var name in Pinned)
                if (pins.Open(name) is { } fd)
                    found[name] = fd;
            if (found.Count < Pinned.Length || !IsThisLayout(found, options)) return false;
            foreach (var (name, fd) in found) obj.Map(name).Share(fd.Value);
            return true;
        }
        finally
        {
            foreach (var fd in found.Values) fd.Dispose();
        }
    }

    /// <summary>
    /// After load: pins new maps in the place of others. Before the hooks use them: whoever is interrupted here leaves hooks that work on
    /// the old maps, which nobody beats, and the next process brings both together.
    /// </summary>
    internal static void Pin(BpfObject obj, PinDirectory pins)
    {
        foreach (var name in Pinned) pins.Unpin(name);
        foreach (var name in Pinned) pins.Pin(obj.Map(name).Fd, name);
    }

    private static bool IsThisLayout(Dictionary<string, FileDescriptor> maps, ConnectTableOptions options)
    {
        const int hash = 1; // BPF_MAP_TYPE_HASH
        const int array = 2; // BPF_MAP_TYPE_ARRAY
        const int socketStorage = 24; // BPF_MAP_TYPE_SK_STORAGE
        return Has(maps[Services], hash, sizeof(EndpointKey), sizeof(uint), options.MaxServices)
            && Has(maps[Rows], array, sizeof(uint), sizeof(ServiceRow), options.MaxServices)
            && Has(maps[Slots], array, sizeof(uint), sizeof(EndpointSlot), options.MaxEndpoints)
            && Has(maps[Cells], array, sizeof(uint), sizeof(EndpointCell), options.MaxEndpoints)
            && Has(maps[Control], array, sizeof(uint), sizeof(ConnectControl), 1)
            && Has(maps[ExcludedNetworks], hash, sizeof(ulong), sizeof(uint), null)
            && Has(maps[Given], socketStorage, sizeof(int), sizeof(GivenMark), null)
            && LayoutOf(maps[Control]) == ConnectLayout.Version;
    }

    /// <summary>struct bpf_map_info: type, id, key size, value size, most entries.</summary>
    private static bool Has(FileDescriptor map, int type, int key, int value, int? entries)
    {
        var info = stackalloc uint[64];
        var size = 64u * sizeof(uint);
        LibBpfException.Check(LibBpf.GetInfo(map.Value, info, &size), "read a map's info");
        return info[0] == type && info[2] == key && info[3] == value && (entries is null || info[4] == entries);
    }

    private static uint LayoutOf(FileDescriptor control)
    {
        var index = 0u;
        var value = default(ConnectControl);
        LibBpfException.Check(LibBpf.MapLookup(control.Value, &index, &value), $"read {Control}");
        return value.Layout;
    }
}
