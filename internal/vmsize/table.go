package vmsize

// series is what the sizes of one documentation page have in common.
type series struct {
	ephemeral bool
	retires   string
	sizes     []Size
}

// sizes joins the series. Every one of them supports accelerated networking.
func sizes() []Size {
	var all []Size
	for _, s := range []series{
		{ephemeral: true, retires: "2028-11-15", sizes: fsv2()},
		{sizes: falsv6()},
		{sizes: fasv6()},
		{sizes: falsv7()},
		{sizes: dsv5()},
		{ephemeral: true, sizes: ddsv5()},
		{sizes: dasv5()},
		{ephemeral: true, sizes: dadsv5()},
	} {
		for _, size := range s.sizes {
			size.EphemeralOSDisk = s.ephemeral
			size.Retires = s.retires
			size.AcceleratedNetworking = true
			all = append(all, size)
		}
	}
	return all
}

// fsv2 is the Fsv2 series: the bridges' usual one. Its retirement is in "Retired Azure VM size series".
func fsv2() []Size {
	return []Size{
		{Name: "Standard_F2s_v2", VCPUs: 2, MemoryGiB: 4, NICMbps: 5000, TempDiskGiB: 16},
		{Name: "Standard_F4s_v2", VCPUs: 4, MemoryGiB: 8, NICMbps: 10000, TempDiskGiB: 32},
		{Name: "Standard_F8s_v2", VCPUs: 8, MemoryGiB: 16, NICMbps: 12500, TempDiskGiB: 64},
		{Name: "Standard_F16s_v2", VCPUs: 16, MemoryGiB: 32, NICMbps: 12500, TempDiskGiB: 128},
		{Name: "Standard_F32s_v2", VCPUs: 32, MemoryGiB: 64, NICMbps: 16000, TempDiskGiB: 256},
		{Name: "Standard_F48s_v2", VCPUs: 48, MemoryGiB: 96, NICMbps: 21000, TempDiskGiB: 384},
		{Name: "Standard_F64s_v2", VCPUs: 64, MemoryGiB: 128, NICMbps: 28000, TempDiskGiB: 512},
		{Name: "Standard_F72s_v2", VCPUs: 72, MemoryGiB: 144, NICMbps: 30000, TempDiskGiB: 576},
	}
}

// falsv6 is the Falsv6 series, which boots generation 2 images with NVMe only.
func falsv6() []Size {
	return []Size{
		{Name: "Standard_F2als_v6", VCPUs: 2, MemoryGiB: 4, NICMbps: 12500},
		{Name: "Standard_F4als_v6", VCPUs: 4, MemoryGiB: 8, NICMbps: 12500},
		{Name: "Standard_F8als_v6", VCPUs: 8, MemoryGiB: 16, NICMbps: 12500},
		{Name: "Standard_F16als_v6", VCPUs: 16, MemoryGiB: 32, NICMbps: 16000},
		{Name: "Standard_F32als_v6", VCPUs: 32, MemoryGiB: 64, NICMbps: 20000},
		{Name: "Standard_F48als_v6", VCPUs: 48, MemoryGiB: 96, NICMbps: 28000},
		{Name: "Standard_F64als_v6", VCPUs: 64, MemoryGiB: 128, NICMbps: 36000},
	}
}

// fasv6 is the Fasv6 series, which boots generation 2 images with NVMe only.
func fasv6() []Size {
	return []Size{
		{Name: "Standard_F2as_v6", VCPUs: 2, MemoryGiB: 8, NICMbps: 12500},
		{Name: "Standard_F4as_v6", VCPUs: 4, MemoryGiB: 16, NICMbps: 12500},
		{Name: "Standard_F8as_v6", VCPUs: 8, MemoryGiB: 32, NICMbps: 12500},
		{Name: "Standard_F16as_v6", VCPUs: 16, MemoryGiB: 64, NICMbps: 16000},
		{Name: "Standard_F32as_v6", VCPUs: 32, MemoryGiB: 128, NICMbps: 20000},
		{Name: "Standard_F48as_v6", VCPUs: 48, MemoryGiB: 192, NICMbps: 28000},
		{Name: "Standard_F64as_v6", VCPUs: 64, MemoryGiB: 256, NICMbps: 36000},
	}
}

// falsv7 is the Falsv7 series, which boots generation 2 images with NVMe only.
func falsv7() []Size {
	return []Size{
		{Name: "Standard_F2als_v7", VCPUs: 2, MemoryGiB: 4, NICMbps: 16000},
		{Name: "Standard_F4als_v7", VCPUs: 4, MemoryGiB: 8, NICMbps: 25000},
		{Name: "Standard_F8als_v7", VCPUs: 8, MemoryGiB: 16, NICMbps: 25000},
		{Name: "Standard_F16als_v7", VCPUs: 16, MemoryGiB: 32, NICMbps: 25000},
		{Name: "Standard_F32als_v7", VCPUs: 32, MemoryGiB: 64, NICMbps: 45000},
		{Name: "Standard_F48als_v7", VCPUs: 48, MemoryGiB: 96, NICMbps: 70000},
		{Name: "Standard_F64als_v7", VCPUs: 64, MemoryGiB: 128, NICMbps: 75000},
		{Name: "Standard_F80als_v7", VCPUs: 80, MemoryGiB: 160, NICMbps: 80000},
	}
}

// dsv5 is the Dsv5 series.
func dsv5() []Size {
	return []Size{
		{Name: "Standard_D2s_v5", VCPUs: 2, MemoryGiB: 8, NICMbps: 12500},
		{Name: "Standard_D4s_v5", VCPUs: 4, MemoryGiB: 16, NICMbps: 12500},
		{Name: "Standard_D8s_v5", VCPUs: 8, MemoryGiB: 32, NICMbps: 12500},
		{Name: "Standard_D16s_v5", VCPUs: 16, MemoryGiB: 64, NICMbps: 12500},
		{Name: "Standard_D32s_v5", VCPUs: 32, MemoryGiB: 128, NICMbps: 16000},
		{Name: "Standard_D48s_v5", VCPUs: 48, MemoryGiB: 192, NICMbps: 24000},
		{Name: "Standard_D64s_v5", VCPUs: 64, MemoryGiB: 256, NICMbps: 30000},
		{Name: "Standard_D96s_v5", VCPUs: 96, MemoryGiB: 384, NICMbps: 35000},
	}
}

// ddsv5 is the Ddsv5 series: Dsv5 with a local disk.
func ddsv5() []Size {
	return []Size{
		{Name: "Standard_D2ds_v5", VCPUs: 2, MemoryGiB: 8, NICMbps: 12500, TempDiskGiB: 75},
		{Name: "Standard_D4ds_v5", VCPUs: 4, MemoryGiB: 16, NICMbps: 12500, TempDiskGiB: 150},
		{Name: "Standard_D8ds_v5", VCPUs: 8, MemoryGiB: 32, NICMbps: 12500, TempDiskGiB: 300},
		{Name: "Standard_D16ds_v5", VCPUs: 16, MemoryGiB: 64, NICMbps: 12500, TempDiskGiB: 600},
		{Name: "Standard_D32ds_v5", VCPUs: 32, MemoryGiB: 128, NICMbps: 16000, TempDiskGiB: 1200},
		{Name: "Standard_D48ds_v5", VCPUs: 48, MemoryGiB: 192, NICMbps: 24000, TempDiskGiB: 1800},
		{Name: "Standard_D64ds_v5", VCPUs: 64, MemoryGiB: 256, NICMbps: 30000, TempDiskGiB: 2400},
		{Name: "Standard_D96ds_v5", VCPUs: 96, MemoryGiB: 384, NICMbps: 35000, TempDiskGiB: 3600},
	}
}

// dasv5 is the Dasv5 series.
func dasv5() []Size {
	return []Size{
		{Name: "Standard_D2as_v5", VCPUs: 2, MemoryGiB: 8, NICMbps: 12500},
		{Name: "Standard_D4as_v5", VCPUs: 4, MemoryGiB: 16, NICMbps: 12500},
		{Name: "Standard_D8as_v5", VCPUs: 8, MemoryGiB: 32, NICMbps: 12500},
		{Name: "Standard_D16as_v5", VCPUs: 16, MemoryGiB: 64, NICMbps: 12500},
		{Name: "Standard_D32as_v5", VCPUs: 32, MemoryGiB: 128, NICMbps: 16000},
		{Name: "Standard_D48as_v5", VCPUs: 48, MemoryGiB: 192, NICMbps: 24000},
		{Name: "Standard_D64as_v5", VCPUs: 64, MemoryGiB: 256, NICMbps: 32000},
		{Name: "Standard_D96as_v5", VCPUs: 96, MemoryGiB: 384, NICMbps: 40000},
	}
}

// dadsv5 is the Dadsv5 series: Dasv5 with a local disk.
func dadsv5() []Size {
	return []Size{
		{Name: "Standard_D2ads_v5", VCPUs: 2, MemoryGiB: 8, NICMbps: 12500, TempDiskGiB: 75},
		{Name: "Standard_D4ads_v5", VCPUs: 4, MemoryGiB: 16, NICMbps: 12500, TempDiskGiB: 150},
		{Name: "Standard_D8ads_v5", VCPUs: 8, MemoryGiB: 32, NICMbps: 12500, TempDiskGiB: 300},
		{Name: "Standard_D16ads_v5", VCPUs: 16, MemoryGiB: 64, NICMbps: 12500, TempDiskGiB: 600},
		{Name: "Standard_D32ads_v5", VCPUs: 32, MemoryGiB: 128, NICMbps: 16000, TempDiskGiB: 1200},
		{Name: "Standard_D48ads_v5", VCPUs: 48, MemoryGiB: 192, NICMbps: 24000, TempDiskGiB: 1800},
		{Name: "Standard_D64ads_v5", VCPUs: 64, MemoryGiB: 256, NICMbps: 32000, TempDiskGiB: 2400},
		{Name: "Standard_D96ads_v5", VCPUs: 96, MemoryGiB: 384, NICMbps: 40000, TempDiskGiB: 3600},
	}
}
